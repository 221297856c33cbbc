using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using StorageEngines.Portable;

namespace StorageEngines;

/// <summary>One query: one who lists, and some who ask. Used once.</summary>
/// <param name="engine">The engine.</param>
/// <param name="options">What is asked.</param>
/// <param name="listing">What there is.</param>
internal sealed class FleetRun(IStorageEngine engine, FleetOptions options, FleetListing listing)
{
    private readonly Channel<FleetVolume> _toAsk = Channel.CreateBounded<FleetVolume>(new BoundedChannelOptions(options.Parallel) { SingleWriter = true });
    private readonly Channel<FleetEvent> _told = Channel.CreateBounded<FleetEvent>(new BoundedChannelOptions(options.Parallel) { SingleReader = true });
    private ExceptionDispatchInfo? _listingFailure;

    /// <summary>What became known, as it comes. It ends with the run, whether that fails or not.</summary>
    internal ChannelReader<FleetEvent> Told => _told.Reader;

    /// <summary>Runs to the end: nothing goes on when it returns or throws.</summary>
    /// <exception cref="StorageEngineException">Something could not be listed. What was listed before it was asked and told.</exception>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WorkGroup.RunAsync([ListAsync, .. Enumerable.Repeat<Func<CancellationToken, Task>>(AskAsync, options.Parallel)], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _told.Writer.Complete();
        }

        _listingFailure?.Throw();
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (FleetVolume volume in listing.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                await _toAsk.Writer.WriteAsync(volume, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // It is thrown when those who ask have told what they have.
            _listingFailure = ExceptionDispatchInfo.Capture(error);
        }
        finally
        {
            _toAsk.Writer.Complete();
        }
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        await foreach (FleetVolume volume in _toAsk.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await _told.Writer.WriteAsync(await AskAsync(volume, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What became of one volume; everything that goes wrong with it is that.</summary>
    private async Task<FleetEvent> AskAsync(FleetVolume volume, CancellationToken cancellationToken)
    {
        long started = options.Time.GetTimestamp();
        try
        {
            await listing.CompleteAsync(volume, cancellationToken).ConfigureAwait(false);
            if (volume.SkipReason is { } reason)
            {
                return new FleetSkip(volume.Ref, volume.Location, reason);
            }

            ChangeToken token = volume.Token;
            FleetResult result = await ReadAsync(volume, volume.Base!, token, volume.Target!, cancellationToken).ConfigureAwait(false);
            return result with { Elapsed = options.Time.GetElapsedTime(started) };
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested && error is not OutOfMemoryException)
        {
            return new FleetFailure(volume.Ref, volume.Location, volume.Base, volume.Target, error, options.Time.GetElapsedTime(started));
        }
    }

    private async Task<FleetResult> ReadAsync(FleetVolume volume, SnapshotInfo from, ChangeToken token, SnapshotInfo target, CancellationToken cancellationToken)
    {
        var order = new ExtentOrder();
        ExtentBatch? head = null;
        long count = 0, data = 0, zero = 0;
        var query = new ChangeLadderOptions { MaxResults = options.MaxResults };
        await foreach (ExtentBatch batch in ChangeLadder.QueryAsync(engine, token, target.Ref, query, cancellationToken).ConfigureAwait(false))
        {
            head ??= batch with { Extents = [] };
            count += batch.Extents.Count;
            for (int i = 0; i < batch.Extents.Count; i++)
            {
                Extent extent = order.Next(batch.Extents[i], batch.CapacityBytes);
                data += extent.State == ExtentState.Data ? extent.Length : 0;
                zero += extent.State == ExtentState.Zero ? extent.Length : 0;
            }

            if (options.WithExtents && batch.Extents.Count > 0)
            {
                await _told.Writer.WriteAsync(new FleetExtents(volume.Ref, volume.Location, from, target, batch), cancellationToken).ConfigureAwait(false);
            }
        }

        return new FleetResult(volume.Ref, volume.Location, from, target, head!) { Extents = count, DataBytes = data, ZeroBytes = zero };
    }
}
