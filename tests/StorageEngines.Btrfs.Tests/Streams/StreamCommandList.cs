using System.Buffers.Binary;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>A stream as a list of whole commands, to be changed; checksums are mended when it is put together again.</summary>
internal sealed class StreamCommandList
{
    private readonly byte[] _header;

    private StreamCommandList(byte[] header, List<byte[]> commands) => (_header, Commands) = (header, commands);

    /// <summary>The commands, header and all; END is the last.</summary>
    internal List<byte[]> Commands { get; }

    internal static StreamCommandList Of(byte[] stream)
    {
        var commands = new List<byte[]>();
        for (int at = BtrfsSendFormat.StreamHeaderLength; at < stream.Length;)
        {
            int length = BtrfsSendFormat.CommandHeaderLength + BinaryPrimitives.ReadInt32LittleEndian(stream.AsSpan(at));
            commands.Add(stream[at..(at + length)]);
            at += length;
        }

        return new StreamCommandList(stream[..BtrfsSendFormat.StreamHeaderLength], commands);
    }

    internal StreamCommandList Without(Predicate<byte[]> command)
    {
        Commands.RemoveAll(command);
        return this;
    }

    internal byte[] ToArray()
    {
        using var stream = new MemoryStream();
        stream.Write(_header);
        foreach (byte[] command in Commands)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan(6), BtrfsSendFormat.Checksum(command));
            stream.Write(command);
        }

        return stream.ToArray();
    }
}
