using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Streams;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>Receives a stream on this machine, by system calls.</summary>
/// <param name="request">The stream.</param>
/// <param name="cancellationToken">Gives up.</param>
internal sealed class LocalReceive(ReceiveRequest request, CancellationToken cancellationToken)
{
    private readonly Dictionary<Guid, BeneathRoot> _open = [];

    /// <summary>Fills a subvolume, marks it as received and read-only. When it returns, everything is on the device.</summary>
    /// <param name="home">The snapshot's directory, open.</param>
    /// <param name="name">The subvolume's name in it for the time being.</param>
    internal void Run(DirectoryHandle home, byte[] name)
    {
        if (request.Base is { } from)
        {
            using DirectoryHandle source = DirectoryHandle.Open(from.Path.Span);
            BtrfsControl.CreateSnapshot(source, home, name, readOnly: false);
        }
        else
        {
            BtrfsControl.CreateSubvolume(home, name);
        }

        using BeneathRoot root = BeneathRoot.Open([.. "/proc/self/fd/"u8, .. System.Text.Encoding.ASCII.GetBytes(home.DangerousGetHandle().ToString()), (byte)'/', .. name]);
        try
        {
            using var tree = new ReceivedTree(root, Source, cancellationToken);
            Commands(tree);
        }
        finally
        {
            foreach (BeneathRoot each in _open.Values)
            {
                each.Dispose();
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        root.SyncAll();
        BtrfsControl.SetReceived(root.Root, request.Uuid, request.Transaction);
        BtrfsControl.SetReadOnly(root.Root);
    }

    private BeneathRoot Source(Guid uuid)
    {
        if (!_open.TryGetValue(uuid, out BeneathRoot? known))
        {
            known = BeneathRoot.Open((request.Base is { } from && uuid == request.BaseUuid ? from : request.Sources.Require(uuid, cancellationToken)).Path.Span);
            _open[uuid] = known;
        }

        return known;
    }

    private void Commands(ReceivedTree tree)
    {
        BtrfsSendReader reader = request.Reader;
        var checker = new BtrfsStreamChecker(reader, clonesFromOthers: true);
        EncodedExtents? decoder = null;
        long commands = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            BtrfsCommandDispatcher.One(reader, checker, ref decoder);
            try
            {
                BtrfsCommandDispatcher.One(reader, tree, ref decoder);
            }
            catch (PosixException e)
            {
                throw StreamErrors.From(e, reader, request.Target);
            }

            request.Report(++commands, always: false);
        }
        while (reader.Read());
        request.Report(commands, always: true);
    }
}
