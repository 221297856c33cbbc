using System.Threading.Channels;

namespace StorageEngines.Portable.Rolling;

/// <summary>
/// Makes one difference: threads divide segments of the target, one writes what they found in the target's order, and one reads that back and proves it.
/// </summary>
internal sealed class DeltaBuilder(IByteSource source, IByteSource target, Stream output, RollingDeltaOptions options)
{
    private const int MostThreads = 4;
    private const int MostRanges = 4096;

    /// <summary>How many threads read base and target at a time at most.</summary>
    internal static int Readers => Threads + 2;

    private static int Threads => Math.Clamp(Environment.ProcessorCount, 1, MostThreads);

    /// <summary>
    /// How much of the target a thread works on at a time; its pieces are kept until it is their turn to be written. Default: 16 MiB.
    /// </summary>
    internal int SegmentBytes { get; init; } = 16 << 20;

    /// <summary>The snapshots' identities for the trailer; null for files. Default: null.</summary>
    internal (Guid From, Guid To)? Identities { get; init; }

    /// <summary>Makes the difference.</summary>
    /// <param name="ranges">The target, in order and without a gap; null if nothing is known of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<RollingDeltaSummary> RunAsync(IAsyncEnumerable<DeltaRange>? ranges, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var input = new DeltaInput(source, target, Threads) { KnowsRanges = ranges is not null };
        var queue = Channel.CreateBounded<DeltaSegment>(Threads + 1);
        var order = Channel.CreateBounded<DeltaSegment>(Threads + 1);
        using var handoff = new HandoffStream();
        Task<(byte[] Body, byte[] Result)> verifying = Background(() => new DeltaVerifier(source, target, ranges is null).Run(handoff, stop.Token));
        var writer = new RdiffWriter(new TeeStream(output, handoff), target);
        List<Task> tasks =
        [
            verifying,
            DealAsync(ranges ?? Whole(), queue.Writer, order.Writer, stop.Token),
            Background(() => Write(writer, order.Reader, stop.Token)),
            .. Enumerable.Range(0, Threads).Select(_ => Background(() => Work(input, queue.Reader, stop.Token))),
        ];
        await AllAsync(tasks, stop, handoff).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        (byte[] body, byte[] result) = await verifying.ConfigureAwait(false);
        long bytes = writer.Position;
        if (!options.LeaveOutTrailer)
        {
            byte[] trailer = new RdiffTrailer(source.Length, target.Length, Identities?.From, Identities?.To, body, result).Format();
            await output.WriteAsync(trailer, cancellationToken).ConfigureAwait(false);
            bytes += trailer.Length;
        }

        return new RollingDeltaSummary(bytes, writer.NewBytes, writer.CopiedBytes, writer.Commands, result.Length > 0 ? ResultHash.Print(result) : null);
    }

    /// <summary>Waits for all; the first that fails stops the others, and is what is thrown.</summary>
    private static async Task AllAsync(List<Task> tasks, CancellationTokenSource stop, HandoffStream handoff)
    {
        Exception? first = null;
        while (tasks.Count > 0)
        {
            Task done = await Task.WhenAny(tasks).ConfigureAwait(false);
            tasks.Remove(done);
            try
            {
                await done.ConfigureAwait(false);
            }
            catch (Exception error)
            {
                first ??= error;
                await stop.CancelAsync().ConfigureAwait(false);
                handoff.Complete(error);
            }
        }

        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }
    }

    private async IAsyncEnumerable<DeltaRange> Whole()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        if (target.Length > 0)
        {
            yield return new DeltaRange(0, target.Length, IsEqual: false);
        }
    }

    /// <summary>Cuts the target into segments, for the threads and, in their order, for the writer.</summary>
    private async Task DealAsync(
        IAsyncEnumerable<DeltaRange> ranges, ChannelWriter<DeltaSegment> queue, ChannelWriter<DeltaSegment> order, CancellationToken cancellationToken)
    {
        var segment = new DeltaSegment();
        await foreach (DeltaRange range in ranges.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            for (long at = range.Start; at < range.End;)
            {
                long end = range.IsEqual ? range.End : Math.Min(range.End, at + SegmentBytes - segment.BytesToRead);
                segment.Add(range with { Start = at, End = end });
                at = end;
                if (segment.BytesToRead >= SegmentBytes || segment.Ranges.Count >= MostRanges)
                {
                    await order.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                    await queue.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                    segment = new DeltaSegment();
                }
            }
        }

        await order.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
        await queue.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
        order.Complete();
        queue.Complete();
    }

    private static bool Work(DeltaInput input, ChannelReader<DeltaSegment> queue, CancellationToken cancellationToken)
    {
        SegmentMatcher? matcher = null;
        while (Take(queue, cancellationToken) is { } segment)
        {
            matcher ??= new SegmentMatcher(input);
            segment.Result.SetResult(matcher.Match(segment.Ranges, cancellationToken));
        }

        return true;
    }

    private bool Write(RdiffWriter writer, ChannelReader<DeltaSegment> order, CancellationToken cancellationToken)
    {
        writer.WriteHeader();
        long done = 0;
        while (Take(order, cancellationToken) is { } segment)
        {
            segment.Result.Task.Wait(cancellationToken);
            foreach (DeltaPiece piece in segment.Result.Task.Result)
            {
                cancellationToken.ThrowIfCancellationRequested();
                writer.Add(piece);
                done += piece.Length;
            }

            options.Progress?.Report(new OperationProgress("delta", done, target.Length, writer.Commands));
        }

        writer.WriteEnd();
        return true;
    }

    private static DeltaSegment? Take(ChannelReader<DeltaSegment> channel, CancellationToken cancellationToken)
    {
        while (channel.WaitToReadAsync(cancellationToken).AsTask().GetAwaiter().GetResult())
        {
            if (channel.TryRead(out DeltaSegment? segment))
            {
                return segment;
            }
        }

        return null;
    }

    /// <summary>A thread of its own, since all of these wait for each other and for disks.</summary>
    private static Task<T> Background<T>(Func<T> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
