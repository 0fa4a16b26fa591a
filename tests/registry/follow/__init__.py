"""FollowHarness a database that other software keeps."""
