"""Questions about the trials of a project or a task: techniques, features, data sets, which model is best."""
