"""The settings, a module per subject; `bootstrap.settings.Settings` is all of them."""
