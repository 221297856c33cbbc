using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Differences;

/// <summary>Reads what a send stream says of files. Implements: zfs-send(8) with <c>-i</c>.</summary>
internal static class ObjectStream
{
    /// <summary>Reads it to its end.</summary>
    /// <param name="host">The host.</param>
    /// <param name="pair">Base and target; not the same.</param>
    /// <param name="mostExtents">The most extents that are wanted of a file.</param>
    /// <param name="cancellationToken">Ends it, there too.</param>
    internal static async Task<ChangedObjects> ReadAsync(ZfsHost host, SnapshotPair pair, int mostExtents, CancellationToken cancellationToken)
    {
        // Blocks of encrypted file systems are sent as they are only with their attributes encrypted as well, and these are needed.
        List<CommandArgument> arguments = ["send", pair.Target.Of.IsEncrypted ? "-L" : "-Lc", "-i", pair.Base.SendName, pair.Target.FullName];
        ZfsCommand command = await host.StartAsync("list changed files of", pair.Target.FullName, StreamStrip.Wrap(host, arguments), cancellationToken).ConfigureAwait(false);
        await using (command.ConfigureAwait(false))
        {
            return await Task.Run(
                () =>
                {
                    using Stream stream = StreamStrip.Open(host, command.Output);
                    var reader = new ZfsSendReader(stream, $"ZFS send stream of '{pair.Target.FullName}'", verify: !StreamStrip.IsUsed(stream));
                    return ChangedObjects.Read(reader, pair.Base.Guid, pair.Target.Guid, MostPieces(mostExtents), cancellationToken);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    // Each extent may come with a hole beside it, and one more is told to the end.
    private static int MostPieces(int mostExtents) => (int)Math.Min(2L * mostExtents + 8, int.MaxValue);
}
