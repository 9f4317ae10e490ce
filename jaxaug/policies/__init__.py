"""Published policies of augmentation, of which every sample gets its own draw."""
