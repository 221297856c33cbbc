using System.Buffers;

namespace StorageEngines;

/// <summary>Writes a change list in a format that other programs read.</summary>
/// <remarks>Stateless; safe for use by several threads. Streams: memory does not grow with the list.</remarks>
public static class ChangeFormatWriter
{
    private const int FlushBytes = 64 * 1024;
    private const int ExtentsPerLine = 1024;

    /// <summary>Writes a whole list. What was written is whole only if the call returns.</summary>
    /// <param name="format">The format.</param>
    /// <param name="batches">The answer of a block map query or of <see cref="ChangeLadder"/>. For <see cref="ChangeFormat.Borg"/> it has to begin at offset 0.</param>
    /// <param name="output">Where to; not closed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>A task that ends when everything is written and flushed.</returns>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.Internal"/>: the list is empty, not ascending, or goes beyond its capacity.</exception>
    public static async Task WriteAsync(
        ChangeFormat format, IAsyncEnumerable<ExtentBatch> batches, Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(output);
        IChangeFormatter formatter = format switch
        {
            ChangeFormat.Csi => new CsiFormatter(),
            ChangeFormat.Rbd => new RbdJsonFormatter(),
            ChangeFormat.Borg => new BorgMapFormatter(),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "This is no format."),
        };
        var buffer = new ArrayBufferWriter<byte>(2 * FlushBytes);
        var order = new ExtentOrder();
        ExtentBatch? last = null;
        await foreach (ExtentBatch batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            last = batch;
            for (int at = 0; at == 0 || at < batch.Extents.Count; at += ExtentsPerLine)
            {
                formatter.Add(buffer, batch, Checked(order, batch, at));
                if (buffer.WrittenCount >= FlushBytes)
                {
                    await FlushAsync(buffer, output, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        formatter.End(buffer, last ?? throw ExtentOrder.Fault("the answer has no batch at all"));
        await FlushAsync(buffer, output, cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static List<Extent> Checked(ExtentOrder order, ExtentBatch batch, int at)
    {
        int count = Math.Min(ExtentsPerLine, batch.Extents.Count - at);
        var part = new List<Extent>(count);
        for (int i = 0; i < count; i++)
        {
            part.Add(order.Next(batch.Extents[at + i], batch.CapacityBytes));
        }

        return part;
    }

    private static async ValueTask FlushAsync(ArrayBufferWriter<byte> buffer, Stream output, CancellationToken cancellationToken)
    {
        await output.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        buffer.ResetWrittenCount();
    }
}
