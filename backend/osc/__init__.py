"""OSC both ways: to the plugin and other clients, and to a running Surge XT."""
