using System.Runtime.CompilerServices;
using System.Text;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;
using StorageEngines.RbdDiffs;

namespace StorageEngines.CephRbd.Transfer;

/// <summary>
/// Writes one stream, as <c>rbd export-diff</c> does, and behind its end which snapshots it is between. Memory is what is written, what is read meanwhile, and what is known of the extents between. Used once.
/// </summary>
/// <param name="catalog">Opens the image.</param>
/// <param name="differences">Tells what differs.</param>
/// <param name="output">Where to write; stays the caller's.</param>
/// <param name="progress">Told how far it is; null for nobody.</param>
internal sealed class DiffExport(ImageCatalog catalog, ImageDifferences differences, Stream output, IProgress<OperationProgress>? progress)
{
    private readonly PieceCutter _cutter = new();
    private long _dataBytes;

    /// <summary>Writes it.</summary>
    /// <param name="token">The base; null for a full stream.</param>
    /// <param name="target">The target.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task RunAsync(ChangeToken? token, SnapshotRef target, CancellationToken cancellationToken)
    {
        (IOpenImage open, RbdSnapshot to) = await catalog.OpenAsync(target, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            ImageState state = open.State;
            RbdSnapshot? from = token is null ? null : differences.FindBase(state, token, to);
            DiffRequest request = await differences.ChooseAsync(open, from, to, 0, cancellationToken).ConfigureAwait(false);
            using var writer = new RbdDiffWriter(output, CephRbdDifferentials.Version);
            await writer.WriteHeaderAsync(from is null ? null : Name(from), Name(to), to.SizeBytes, cancellationToken).ConfigureAwait(false);
            await WriteAsync(writer, open, request, cancellationToken).ConfigureAwait(false);

            // Of a snapshot that is removed Ceph gives zeroes, without a word.
            await differences.RequireThereAsync(state, request with { Mode = DiffMode.Exact }, cancellationToken).ConfigureAwait(false);
            var source = new RbdDiffSource(from is null ? null : StreamIdentity.Of(state.RefOf(from)), StreamIdentity.Of(state.RefOf(to)));
            await writer.WriteEndAsync(source, cancellationToken).ConfigureAwait(false);
        }
    }

    // A group's snapshot goes by the name that people gave it: what librbd calls it nobody else can make.
    private static byte[] Name(RbdSnapshot snapshot) => Encoding.UTF8.GetBytes(snapshot.Label);

    // One window is read while the one before is written.
    private async Task WriteAsync(RbdDiffWriter writer, IOpenImage open, DiffRequest request, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using IAsyncEnumerator<(ReadWindow Window, byte[] Data)> windows = ReadAsync(open, request, stop.Token).GetAsyncEnumerator(stop.Token);
        Task<bool> next = windows.MoveNextAsync().AsTask();
        try
        {
            while (await next.ConfigureAwait(false))
            {
                (ReadWindow window, byte[] data) = windows.Current;
                next = windows.MoveNextAsync().AsTask();
                await WriteAsync(writer, window, data, cancellationToken).ConfigureAwait(false);
            }

            await WriteAsync(writer, _cutter.End(), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // What made the writing fail is told already.
        }
    }

    private async IAsyncEnumerable<(ReadWindow Window, byte[] Data)> ReadAsync(IOpenImage open, DiffRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // One open image has one caller at a time, and the other one is asked for the extents.
        await using IOpenImage reading = await catalog.OpenAsync(open.State.Image.Ref, cancellationToken).ConfigureAwait(false);
        await foreach (ReadWindow window in ReadWindow.CutAsync(differences.ReadAsync(open, request, cancellationToken)).ConfigureAwait(false))
        {
            yield return (window, window.Ranges.Count == 0 ? [] : await reading.ReadAsync(request.To, window.Ranges, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task WriteAsync(RbdDiffWriter writer, ReadWindow window, byte[] data, CancellationToken cancellationToken)
    {
        foreach ((Extent extent, int at) in window.Parts)
        {
            if (extent.State == ExtentState.Zero)
            {
                await WriteAsync(writer, _cutter.Zero(extent), cancellationToken).ConfigureAwait(false);
                continue;
            }

            foreach (BlockPiece piece in _cutter.Data(extent.Offset, data.AsMemory(at, (int)extent.Length)))
            {
                await WriteAsync(writer, piece, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask WriteAsync(RbdDiffWriter writer, BlockPiece? piece, CancellationToken cancellationToken)
    {
        if (piece is not { } one)
        {
            return;
        }

        if (one.Range.State == ExtentState.Zero)
        {
            await writer.WriteZeroAsync(one.Range.Offset, one.Range.Length, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await writer.WriteDataAsync(one.Range.Offset, one.Data, cancellationToken).ConfigureAwait(false);
            _dataBytes += one.Range.Length;
        }

        progress?.Report(new OperationProgress("export", _dataBytes, null, writer.Records));
    }
}
