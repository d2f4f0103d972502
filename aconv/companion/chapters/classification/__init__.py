"""The chapters on the simple network and the ResNet: what they show and judge."""
