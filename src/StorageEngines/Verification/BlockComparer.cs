namespace StorageEngines;

/// <summary>
/// The oracle on one address space: outside the extents the target equals the base, cut or extended with zeroes; zero extents read as zeroes. Nothing is
/// written; both sides are read at the same time. One thread.
/// </summary>
internal sealed class BlockComparer(Stream baseStream, Stream targetStream, VerificationCounters counters, CompareBuffers buffers)
{
    private const int BufferBytes = CompareBuffers.Bytes;
    private readonly byte[] _baseBuffer = buffers.Base;
    private readonly byte[] _targetBuffer = buffers.Target;

    /// <summary>Compares everything.</summary>
    /// <returns>The first difference, or null.</returns>
    internal async Task<string?> RunAsync(IAsyncEnumerable<ExtentBatch> batches, CancellationToken cancellationToken)
    {
        var order = new ExtentOrder();
        long cursor = 0;
        bool any = false;
        await foreach (ExtentBatch batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            any = true;
            if (CapacityFault(batch) is { } fault)
            {
                return fault;
            }

            foreach (Extent next in batch.Extents)
            {
                Extent extent = order.Next(next, batch.CapacityBytes);
                if (await UnchangedAsync(cursor, extent.Offset, cancellationToken).ConfigureAwait(false) is { } gap)
                {
                    return gap;
                }

                counters.Changed(extent.Length);
                if (extent.State == ExtentState.Zero && await ZeroAsync(extent.Offset, extent.End, cancellationToken).ConfigureAwait(false) is { } at)
                {
                    return $"byte {at}: reported as zero, but the target has something else there";
                }

                cursor = extent.End;
            }
        }

        return any
            ? await UnchangedAsync(cursor, targetStream.Length, cancellationToken).ConfigureAwait(false)
            : throw ExtentOrder.Fault("a block map query was answered without a single batch");
    }

    /// <summary>Compares one range.</summary>
    /// <returns>Where it differs although it was not reported, or null.</returns>
    internal async ValueTask<string?> UnchangedAsync(long start, long end, CancellationToken cancellationToken)
    {
        long common = Math.Min(end, baseStream.Length);
        for (long at = start; at < common; at += BufferBytes)
        {
            int length = (int)Math.Min(BufferBytes, common - at);
            long from = at;
            Task readBase = Task.Run(
                () => BlockPieces.ReadExactlyAsync(baseStream, from, _baseBuffer.AsMemory(0, length), cancellationToken).AsTask(), cancellationToken);
            Task readTarget = BlockPieces.ReadExactlyAsync(targetStream, from, _targetBuffer.AsMemory(0, length), cancellationToken).AsTask();
            await Task.WhenAll(readBase, readTarget).ConfigureAwait(false);
            int equal = _baseBuffer.AsSpan(0, length).CommonPrefixLength(_targetBuffer.AsSpan(0, length));
            if (equal < length)
            {
                return $"byte {at + equal}: differs from the base, but is not reported as changed";
            }

            counters.Compared(length);
        }

        return await ZeroAsync(Math.Max(start, common), end, cancellationToken).ConfigureAwait(false) is { } grown
            ? $"byte {grown}: lies beyond the base's {baseStream.Length} bytes and is not zero, but is not reported as changed"
            : null;
    }

    private async ValueTask<long?> ZeroAsync(long start, long end, CancellationToken cancellationToken)
    {
        for (long at = start; at < end; at += BufferBytes)
        {
            int length = (int)Math.Min(BufferBytes, end - at);
            await BlockPieces.ReadExactlyAsync(targetStream, at, _targetBuffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            int other = _targetBuffer.AsSpan(0, length).IndexOfAnyExcept((byte)0);
            if (other >= 0)
            {
                return at + other;
            }

            counters.Compared(length);
        }

        return null;
    }

    private string? CapacityFault(ExtentBatch batch)
        => batch.CapacityBytes != targetStream.Length ? $"the report says that the target has {batch.CapacityBytes} bytes; it has {targetStream.Length}"
            : batch.BaseCapacityBytes is { } said && said != baseStream.Length ? $"the report says that the base has {said} bytes; it has {baseStream.Length}"
            : null;
}
