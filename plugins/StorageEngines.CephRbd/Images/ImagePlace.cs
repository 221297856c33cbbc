namespace StorageEngines.CephRbd.Images;

/// <summary>What an image is, and where.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Path">Where it is now.</param>
internal sealed record ImagePlace(ImageKey Key, ImagePath Path);
