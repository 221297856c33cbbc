using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Snapshots;
using StorageEngines.LvmThin.Volumes;
using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin.Reading;

/// <summary>
/// Switches snapshots on while somebody reads them, and off again after the last one, unless they were on before. A watcher on the host does it if this process or the connection is
/// no more. Safe for use by several threads.
/// </summary>
internal sealed class ActiveSnapshots(LvmHost host) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, (int Readers, bool Ours)> _active = new(StringComparer.Ordinal);
    private ShellSession? _holder;

    /// <summary>Switches one on.</summary>
    internal async Task OpenAsync(ThinSnapshot snapshot, CancellationToken cancellationToken)
    {
        await host.StepAsync("open snapshot", cancellationToken).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            (int readers, bool ours) = _active.GetValueOrDefault(snapshot.Lv.Uuid);
            if (readers == 0)
            {
                Script script = new Script().Text("hold").Words(snapshot.Lv.Group, snapshot.Lv.Uuid, snapshot.Lv.DeviceKey);
                ShellReply reply = await RunAsync(script, cancellationToken).ConfigureAwait(false);
                ours = reply.Exit switch
                {
                    0 => reply.Output.AsSpan().SequenceEqual("1"u8),
                    ShellFunctions.Replaced => throw VolumeCatalog.Missing(snapshot.Ref),
                    _ => throw host.Failed("open snapshot", snapshot.Ref.ToString(), reply),
                };
            }

            _active[snapshot.Lv.Uuid] = (readers + 1, ours);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Says that a reader is done.</summary>
    internal async Task CloseAsync(ThinSnapshot snapshot)
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            (int readers, bool ours) = _active.GetValueOrDefault(snapshot.Lv.Uuid);
            if (readers > 1)
            {
                _active[snapshot.Lv.Uuid] = (readers - 1, ours);
                return;
            }

            if (_active.Remove(snapshot.Lv.Uuid) && ours && _holder is { IsUsable: true })
            {
                _ = await RunAsync(new Script().Text("loosen").Words(snapshot.Lv.Group, snapshot.Lv.Uuid), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (StorageCommandException e) when (e.Reason == EngineReason.ConnectionLost)
        {
            // Then the watcher switches it off.
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_holder is not null)
        {
            await _holder.DisposeAsync().ConfigureAwait(false);
            _holder = null;
        }
    }

    // Runs to its end once it has begun: a session that is cut off takes all snapshots with it.
    private async Task<ShellReply> RunAsync(Script script, CancellationToken cancellationToken)
    {
        if (_holder is not { IsUsable: true })
        {
            await DisposeAsync().ConfigureAwait(false);
            _active.Clear();
            _holder = await host.StartHolderAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await _holder.RunAsync(script.Bytes, 1024, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EndOfStreamException e)
        {
            throw new StorageCommandException(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff, $"The shell on {host.Runner.Host} ended in mid-command.", e)
            { Host = host.Runner.Host, Engine = LvmThinEngineFactory.SchemeName };
        }
    }
}
