"""The rules that every stack must pass: pure functions over the resources that a program makes."""
