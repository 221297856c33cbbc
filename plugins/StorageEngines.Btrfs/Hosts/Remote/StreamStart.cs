using System.Globalization;
using System.Text;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>Reads the first command of a send stream, which tells of which snapshot it is and when that was last changed.</summary>
internal static class StreamStart
{
    /// <summary>The transaction of the last change; null if there is no stream, or one of another snapshot.</summary>
    /// <param name="digits">The beginning of the stream in hexadecimal digits, as <c>od -t x1</c> writes it.</param>
    /// <param name="uuid">The snapshot.</param>
    internal static ulong? Transaction(ReadOnlySpan<byte> digits, Guid uuid)
    {
        try
        {
            byte[] bytes = [.. Encoding.ASCII.GetString(digits).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(pair => byte.Parse(pair, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];
            using var stream = new MemoryStream(bytes);
            var reader = new BtrfsSendReader(stream, "the beginning of a stream");
            return reader.Read() && reader.Command is BtrfsCommand.Subvolume or BtrfsCommand.Snapshot && reader.Uuid(BtrfsAttribute.Uuid) == uuid
                ? reader.Number(BtrfsAttribute.TransactionId) : null;
        }
        catch (Exception e) when (e is CorruptDataException or FormatException)
        {
            return null; // The snapshot went away, or cannot be sent: then it stays in doubt, and is no base.
        }
    }
}
