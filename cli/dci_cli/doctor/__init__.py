"""`dci doctor`: checks of a deployment from outside, and the remedy for what they find."""
