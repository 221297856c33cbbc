namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>An image of a test.</summary>
internal sealed record TestImage(string Path, VolumeRef Ref, ImageWriter Writer);
