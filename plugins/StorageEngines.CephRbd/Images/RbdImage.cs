namespace StorageEngines.CephRbd.Images;

/// <summary>What is known of an image.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Path">Where it is now.</param>
/// <param name="SizeBytes">Its size now; bytes.</param>
/// <param name="ObjectBytes">The size of its objects; bytes.</param>
/// <param name="StripeCount">How many objects its data goes to in turns; 1 for one after the other.</param>
/// <param name="Features">Its features.</param>
internal sealed record RbdImage(ImageKey Key, ImagePath Path, long SizeBytes, long ObjectBytes, long StripeCount, RbdFeatures Features)
{
    /// <summary>The range within which librbd may tell extents in any order: as many objects as are written in turns; bytes.</summary>
    internal long PeriodBytes => ObjectBytes * StripeCount;

    /// <summary>The volume.</summary>
    internal VolumeRef Ref => new(CephRbdEngineFactory.SchemeName, Key.ToString(), Path.ToString());

    /// <summary>The volume as the contract has it.</summary>
    internal VolumeInfo Info => new(Ref, VolumeKind.Block, Path.Location, SizeBytes);
}
