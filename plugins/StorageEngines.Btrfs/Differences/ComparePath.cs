namespace StorageEngines.Btrfs.Differences;

/// <summary>The ways to a difference.</summary>
internal enum ComparePath
{
    /// <summary>The cheaper one of those that are right.</summary>
    Cheaper,

    /// <summary>A send without data. Always right.</summary>
    Send,

    /// <summary>The two trees, where that is right, also if a send is cheaper.</summary>
    Trees,
}
