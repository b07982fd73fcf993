"""The domain's values: immutable, without behaviour that needs the outside world. Every floor may import them."""
