"""How the built-in sentiment model is made: ``python -m training`` builds its weights anew from text in this folder."""
