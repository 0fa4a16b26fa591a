"""The exchange of messages: disclosure sessions with quota and audit, and cursors."""
