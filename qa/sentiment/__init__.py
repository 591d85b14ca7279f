"""How the customer feels and whether they complain, read by a model turn by turn.

``window`` says what the model is given, ``labels`` what a model must offer, ``model`` finds and verifies one,
``network`` runs it, ``reader`` turns its numbers into :class:`qa.calls.TurnSentiment`. The built-in model lies in
``builtin``; ``training`` in the repository makes it.
"""
