using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Streams;

/// <summary>
/// How a stream begins and ends. The kernel calls every snapshot of this engine <c>data</c>, after its subvolume; in what is exported it has its own name, so that
/// <c>btrfs receive</c> makes snapshots of different names. A received snapshot is told by what its first sender told, transaction included, so that a stream from a copy
/// fits the original too.
/// </summary>
internal static class StreamHead
{
    private const int EndBytes = BtrfsSendFormat.CommandHeaderLength;

    /// <summary>The END command.</summary>
    internal static byte[] End { get; } = Write(1, _ => { })[BtrfsSendFormat.StreamHeaderLength..];

    /// <summary>The stream's header and its first command.</summary>
    /// <param name="version">The version, 1 or 2.</param>
    /// <param name="from">The base; null for a full stream.</param>
    /// <param name="to">The target.</param>
    internal static byte[] Make(int version, SnapshotEntry? from, SnapshotEntry to)
    {
        string name = SnapshotName.IsValid(to.Name) ? to.Name : to.Id;
        byte[] whole = Write(version, writer =>
        {
            writer.Begin(from is null ? BtrfsCommand.Subvolume : BtrfsCommand.Snapshot)
                .Add(BtrfsAttribute.FilePath, System.Text.Encoding.ASCII.GetBytes(name))
                .Add(BtrfsAttribute.Uuid, to.Details.StreamUuid)
                .Add(BtrfsAttribute.TransactionId, to.Details.StreamTransaction);
            if (from is not null)
            {
                Base(writer, from.Details);
            }

            writer.End();
        });
        return whole[..^EndBytes];
    }

    private static void Base(BtrfsSendWriter writer, SubvolumeDetails from)
        => writer.Add(BtrfsAttribute.CloneUuid, from.StreamUuid).Add(BtrfsAttribute.CloneTransactionId, from.StreamTransaction);

    private static byte[] Write(int version, Action<BtrfsSendWriter> first)
    {
        using var stream = new MemoryStream();
        var writer = new BtrfsSendWriter(stream, version);
        writer.Header();
        first(writer);
        writer.CompleteAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult(); // into memory: it is complete at once
        return stream.ToArray();
    }
}
