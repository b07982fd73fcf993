"""Routes recorded requests again under another configuration, and compares. Calls no provider."""
