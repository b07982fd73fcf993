"""Reading a prompt's text: what of it is looked at, its words, its language, and the words that tell tasks apart."""
