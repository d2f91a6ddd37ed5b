"""The broker beside the store: streams of offers, wake-ups and events over Redis or Valkey."""
