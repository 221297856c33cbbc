namespace StorageEngines.Btrfs.Trees;

/// <summary>Errors for trees that cannot be.</summary>
internal static class TreeDamage
{
    /// <summary>The error for an item that cannot be.</summary>
    internal static CorruptDataException Is(string detail)
        => new("a subvolume's tree", null, detail + "; run 'btrfs scrub' and 'btrfs check'") { Engine = BtrfsEngineFactory.SchemeName };

    /// <summary>The error for an item that is cut off.</summary>
    internal static CorruptDataException TooShort(string what, int length) => Is($"{what} has {length} bytes, which is too few");
}
