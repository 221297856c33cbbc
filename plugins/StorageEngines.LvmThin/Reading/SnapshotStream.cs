using System.Globalization;
using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Snapshots;
using StorageEngines.LvmThin.Volumes;
using StorageEngines.RemoteShells;
using StorageEngines.Streams;

namespace StorageEngines.LvmThin.Reading;

/// <summary>A snapshot that is switched on, read piece by piece, each one round trip. One reader at a time.</summary>
/// <param name="host">Where it is.</param>
/// <param name="active">Switches it off in the end.</param>
/// <param name="snapshot">The snapshot; each piece is read from the device of its id.</param>
internal sealed class SnapshotStream(LvmHost host, ActiveSnapshots active, ThinSnapshot snapshot) : PiecewiseStream([])
{
    private bool _isClosed;

    /// <inheritdoc/>
    public override bool CanRead => !_isClosed;

    /// <inheritdoc/>
    public override long Length => snapshot.Lv.SizeBytes;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            await active.CloseAsync(snapshot).ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            Task.Run(() => active.CloseAsync(snapshot)).GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override async Task<byte[]> FetchAsync(long offset, int size, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("n=$(device").Words(snapshot.Lv.DeviceKey).Text($") || exit {ShellFunctions.Replaced}; dd if=\"/dev/mapper/$n\"")
            .Text(string.Create(CultureInfo.InvariantCulture, $" bs=1M iflag=fullblock,skip_bytes,count_bytes skip={offset} count={size} status=none"));
        ShellReply reply = await host.TryAskAsync("read snapshot", script, cancellationToken).ConfigureAwait(false);
        return reply.Exit switch
        {
            0 when reply.Output.Length == size => reply.Output,
            ShellFunctions.Replaced => throw VolumeCatalog.Missing(snapshot.Ref),
            0 => throw new StorageCommandException(EngineStatus.DataLoss, EngineReason.None, Recovery.OperatorAction, $"'{snapshot.Ref}' cannot be read on {host.Runner.Host}: {reply.Output.Length} bytes came instead of {size}.")
            { Host = host.Runner.Host, Engine = LvmThinEngineFactory.SchemeName },
            _ => throw host.Failed("read", snapshot.Ref.ToString(), reply),
        };
    }
}
