using StorageEngines.Btrfs.Native;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Streams;

/// <summary>A stream that is to be received.</summary>
/// <param name="Name">The name of the snapshot's directory, which is there.</param>
/// <param name="Uuid">The snapshot's uuid with its first sender.</param>
/// <param name="Transaction">Its transaction there.</param>
/// <param name="BaseUuid">The uuid by which the stream names the base; empty for a full stream.</param>
/// <param name="Base">The base as it is here, and where; null for a full stream.</param>
/// <param name="Target">The volume, for people.</param>
/// <param name="Reader">The stream; its first command was read.</param>
/// <param name="Reading">Ends a wait for the sender's next bytes, when there is nobody left to give them to.</param>
/// <param name="Sources">Finds snapshots that data is cloned from.</param>
/// <param name="Progress">Told how far it is; null for nobody.</param>
internal sealed record ReceiveRequest(
    byte[] Name, Guid Uuid, ulong Transaction, Guid BaseUuid, (SubvolumeDetails Details, BytePath Path)? Base, BytePath Target, BtrfsSendReader Reader, CancellationTokenSource Reading,
    ReceiveSources Sources, IProgress<OperationProgress>? Progress)
{
    private const int ReportEvery = 4096;

    /// <summary>Tells how far it is, now and then.</summary>
    /// <param name="commands">Commands that were carried out.</param>
    /// <param name="always">Whether to tell in any case.</param>
    internal void Report(long commands, bool always)
    {
        if (always || commands % ReportEvery == 0)
        {
            Progress?.Report(new OperationProgress("apply", Reader.Position, null, commands));
        }
    }
}
