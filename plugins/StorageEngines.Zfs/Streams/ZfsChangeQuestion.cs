namespace StorageEngines.Zfs.Streams;

/// <summary>What is asked of a stream.</summary>
/// <param name="FromGuid">The guid of the base, of a snapshot or a bookmark; 0 for a full stream.</param>
/// <param name="ToGuid">The guid of the target.</param>
/// <param name="Number">The object: 1 for the data of a volume, the inode for a file.</param>
/// <param name="BaseCapacityBytes">Its size in the base; 0 for a full stream and for a file that was not there.</param>
/// <param name="CapacityBytes">Its size in the target.</param>
/// <param name="IsPart">Whether a stream will do that begins in the middle (<c>-t</c>). Default: false.</param>
internal sealed record ZfsChangeQuestion(ulong FromGuid, ulong ToGuid, ulong Number, long BaseCapacityBytes, long CapacityBytes, bool IsPart = false)
{
    /// <summary>The object that holds the data of a volume.</summary>
    internal const ulong VolumeData = 1;

    /// <summary>Checks that a stream answers the question, wholly.</summary>
    /// <param name="place">What the stream is called, and where in it its beginning is, for messages.</param>
    /// <param name="fromGuid">The guid of its base.</param>
    /// <param name="toGuid">The guid of its target.</param>
    /// <param name="features">What it makes use of.</param>
    /// <exception cref="BaseMismatchException">It is of other snapshots.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineReason.NotSupported"/>: something was left out of it.</exception>
    internal void Check(string place, ulong fromGuid, ulong toGuid, ZfsStreamFeatures features)
    {
        if (toGuid != ToGuid || fromGuid != FromGuid)
        {
            throw new BaseMismatchException(
                $"{FromGuid} to {ToGuid}", $"{fromGuid} to {toGuid}",
                $"{place}: the stream is from guid {fromGuid} to guid {toGuid}; asked for was from {FromGuid} to {ToGuid}. Somebody has replaced a snapshot by another of its name: ask again.");
        }

        ZfsStreamFeatures refused = IsPart ? ZfsStreamFeatures.Redacted : ZfsStreamFeatures.Resuming | ZfsStreamFeatures.Redacted;
        if ((features & refused) is var partial && partial != 0)
        {
            throw LeftOut(place, (partial & ZfsStreamFeatures.Resuming) != 0 ? "a stream that was resumed (-t)" : "a redacted stream");
        }
    }

    /// <summary>Whether a range of objects has the one asked about.</summary>
    internal bool IsIn(ulong first, ulong count) => Number >= first && Number - first < count;

    /// <summary>An error about a stream that does not have everything.</summary>
    internal static StorageEngineException LeftOut(string place, string what) => new(
        EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.TakeFull, $"{place}: {what} does not have all changes; send anew without that.");
}
