using System.Threading.Channels;
using StorageEngines.Portable.Trees;

namespace StorageEngines.Portable.Tar;

/// <summary>
/// Writes the members of an archive in their order, while several threads read, unpack and check the data of those that come next. Used once.
/// </summary>
internal sealed class TarPipeline(TreeSource source, TarWriter writer)
{
    private const int WaitingParts = 2;

    /// <summary>Bytes of files written.</summary>
    internal long DataBytes { get; private set; }

    /// <summary>Members written, with those before the pipeline.</summary>
    internal long Entries { get; private set; }

    /// <summary>Writes all members; their data is read through the source.</summary>
    /// <param name="items">The members.</param>
    /// <param name="before">Members that were written already.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task RunAsync(Func<CancellationToken, IAsyncEnumerable<TarItem>> items, long before, CancellationToken cancellationToken)
    {
        Entries = before;
        Channel<TarPart> toFill = Channel.CreateUnbounded<TarPart>();
        Channel<TarPart> toWrite = Channel.CreateBounded<TarPart>(WaitingParts + WorkGroup.Workers);
        List<Func<CancellationToken, Task>> parts = [stop => ListAsync(items(stop), toFill.Writer, toWrite.Writer, stop), stop => WriteAsync(toWrite.Reader, stop)];
        parts.AddRange(Enumerable.Repeat<Func<CancellationToken, Task>>(stop => FillAsync(toFill.Reader, stop), WorkGroup.Workers));
        return WorkGroup.RunAsync(parts, cancellationToken);
    }

    private static async Task ListAsync(IAsyncEnumerable<TarItem> items, ChannelWriter<TarPart> toFill, ChannelWriter<TarPart> toWrite, CancellationToken cancellationToken)
    {
        var part = new TarPart();
        await foreach (TarItem item in items.WithCancellation(cancellationToken))
        {
            for (long at = 0, end = item.DataBytes; ;)
            {
                long next = part.Add(in item, at);
                if (next == end)
                {
                    break;
                }

                await SendAsync(part);
                part = new TarPart();
                at = Math.Max(at, next);
            }
        }

        await SendAsync(part);
        toFill.Complete();
        toWrite.Complete();

        async ValueTask SendAsync(TarPart full)
        {
            // What waits to be written is bounded, and through that what is read ahead.
            await toWrite.WriteAsync(full, cancellationToken);
            await toFill.WriteAsync(full, cancellationToken);
        }
    }

    private async Task FillAsync(ChannelReader<TarPart> parts, CancellationToken cancellationToken)
    {
        await using var data = new TarData(source);
        await foreach (TarPart part in parts.ReadAllAsync(cancellationToken))
        {
            await part.FillAsync(data, cancellationToken);
        }
    }

    private async Task WriteAsync(ChannelReader<TarPart> parts, CancellationToken cancellationToken)
    {
        await foreach (TarPart part in parts.ReadAllAsync(cancellationToken))
        {
            Entries += await part.WriteAsync(writer, cancellationToken);
            DataBytes += part.Length;
            source.Report(writer.Length, Entries);
        }
    }
}
