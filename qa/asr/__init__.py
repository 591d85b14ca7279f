"""Hearing: from the sound of a call to turns of text with roles.

Reading order: :mod:`qa.asr.hearing` (the whole way), :mod:`qa.asr.voice` (when somebody speaks),
:mod:`qa.asr.windows` (what is decoded together), :mod:`qa.asr.whisper` behind :mod:`qa.asr.recognizer`,
:mod:`qa.asr.cleanup` (what is not believed), :mod:`qa.asr.agreement` (two hearings made one),
:mod:`qa.asr.confidence` and :mod:`qa.asr.corrections`, :mod:`qa.asr.speakers` and :mod:`qa.asr.roles` (who it was).
"""
