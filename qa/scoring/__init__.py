"""Judging: rubrics and lexicons, the operators, complaints, scorecards."""
