"""The problems, a family a file: functions, boxes, truths."""
