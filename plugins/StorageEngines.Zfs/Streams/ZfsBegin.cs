namespace StorageEngines.Zfs.Streams;

/// <summary>What a BEGIN record says.</summary>
/// <param name="IsPackage">A package of streams (<c>-R</c>, <c>-I</c>, <c>-p</c>) and not one stream.</param>
/// <param name="Features">What the stream makes use of.</param>
/// <param name="CreationSeconds">When the snapshot was made, in seconds since 1970; 0 for a package.</param>
/// <param name="IsVolume">The dataset is a volume (zvol); false for a file system and for a package.</param>
/// <param name="ToGuid">The guid of the snapshot; 0 for a package.</param>
/// <param name="FromGuid">The guid of the base; 0 for a full stream.</param>
/// <param name="Name">The snapshot's name where it was sent.</param>
internal sealed record ZfsBegin(
    bool IsPackage,
    ZfsStreamFeatures Features,
    ulong CreationSeconds,
    bool IsVolume,
    ulong ToGuid,
    ulong FromGuid,
    string Name)
{
    private const int NameOffset = 56;
    private const int NameBytes = 256;
    private const ulong FeatureBits = (1UL << 56) - 1;

    /// <summary>Reads a record that was checked.</summary>
    internal static ZfsBegin Read(ZfsRecordView record)
    {
        ulong version = record.U64(16);
        ReadOnlySpan<byte> name = record.Bytes.Slice(NameOffset, NameBytes);
        int end = name.IndexOf((byte)0);
        return new ZfsBegin(
            (version & 3) == 2,
            (ZfsStreamFeatures)(version >> 2 & FeatureBits),
            record.U64(24),
            record.U32(32) == 3,
            record.U64(40),
            record.U64(48),
            ByteText.Escape(end < 0 ? name : name[..end]));
    }
}
