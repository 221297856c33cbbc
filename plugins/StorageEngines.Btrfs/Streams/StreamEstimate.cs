using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Streams;

/// <summary>How long a stream will be: one without data tells where the data is, and its own length is that of the rest.</summary>
internal static class StreamEstimate
{
    private const int Write1 = 48 << 10;
    private const int Write2 = 128 << 10;
    private const int PerWrite = 64; // the command's header, its path and place, about

    /// <summary>Finds it.</summary>
    /// <param name="source">What is sent.</param>
    /// <param name="kind">Which stream.</param>
    /// <param name="cancellationToken">Ends it within tens of milliseconds.</param>
    /// <returns>Bytes, and the data among them. With compressed extents it is what they would be without.</returns>
    internal static (long Bytes, long Data) Find(ISendSource source, StreamKind kind, CancellationToken cancellationToken)
    {
        return Undisturbed.Read("The stream without data", () =>
        {
            using Stream stream = source.Open(kind, data: false, cancellationToken);
            return Sum(new BtrfsSendReader(stream, "the stream without data"), kind);
        });
    }

    private static (long Bytes, long Data) Sum(BtrfsSendReader reader, StreamKind kind)
    {
        long chunk = kind.Version >= 2 ? Write2 : Write1;
        long data = 0, more = 0;
        while (reader.Read())
        {
            if (reader.Command == BtrfsCommand.UpdateExtent)
            {
                long size = reader.Size(BtrfsAttribute.Size);
                data += size;
                more += size + (((size + chunk - 1) / chunk) - 1) * PerWrite;
            }
        }

        return (reader.Position + more, data);
    }
}
