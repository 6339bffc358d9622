"""What the house says and when: rules, intents, questions, dialogues, hand-off to people."""
