"""Documents that marketers write, checked before anything is made of them."""
