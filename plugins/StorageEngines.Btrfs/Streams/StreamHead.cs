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

    /// <summary>The name that a snapshot has in streams.</summary>
    internal static byte[] NameOf(SnapshotEntry snapshot) => System.Text.Encoding.ASCII.GetBytes(SnapshotName.IsValid(snapshot.Name) ? snapshot.Name : snapshot.Id);

    /// <summary>The stream's header and its first command.</summary>
    /// <param name="version">The version, 1 or 2.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="target">The uuid and transaction of the target.</param>
    /// <param name="from">Those of the base; null for a full stream.</param>
    internal static byte[] Make(int version, byte[] name, (Guid Uuid, ulong Transaction) target, (Guid Uuid, ulong Transaction)? from)
    {
        byte[] whole = Write(version, writer =>
        {
            writer.Begin(from is null ? BtrfsCommand.Subvolume : BtrfsCommand.Snapshot)
                .Add(BtrfsAttribute.FilePath, name)
                .Add(BtrfsAttribute.Uuid, target.Uuid)
                .Add(BtrfsAttribute.TransactionId, target.Transaction);
            if (from is { } one)
            {
                writer.Add(BtrfsAttribute.CloneUuid, one.Uuid).Add(BtrfsAttribute.CloneTransactionId, one.Transaction);
            }

            writer.End();
        });
        return whole[..^EndBytes];
    }

    internal static byte[] Write(int version, Action<BtrfsSendWriter> first)
    {
        using var stream = new MemoryStream();
        var writer = new BtrfsSendWriter(stream, version);
        writer.Header();
        first(writer);
        writer.CompleteAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult(); // into memory: it is complete at once
        return stream.ToArray();
    }
}
