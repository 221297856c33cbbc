using System.Buffers.Binary;
using System.Numerics;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>Damages a stream so that a reader still takes it: commands change places, come twice or not, get other bytes; the checksums are mended.</summary>
internal static class StreamMutator
{
    private const int StreamHeader = 17;
    private const int CommandHeader = 10;

    internal static byte[] Mutate(byte[] stream, Random random)
    {
        List<byte[]> commands = Split(stream);
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            One(commands, random);
        }

        using var mutated = new MemoryStream();
        mutated.Write(stream.AsSpan(0, StreamHeader));
        foreach (byte[] command in commands)
        {
            Mend(command);
            mutated.Write(command);
        }

        return mutated.ToArray();
    }

    private static List<byte[]> Split(byte[] stream)
    {
        var commands = new List<byte[]>();
        for (int at = StreamHeader; at < stream.Length;)
        {
            int length = CommandHeader + BinaryPrimitives.ReadInt32LittleEndian(stream.AsSpan(at));
            commands.Add(stream[at..(at + length)]);
            at += length;
        }

        return commands;
    }

    private static void One(List<byte[]> commands, Random random)
    {
        int at = random.Next(commands.Count), other = random.Next(commands.Count);
        switch (random.Next(6))
        {
            case 0 when commands.Count > 2: commands.RemoveAt(at); break;
            case 1: commands.Insert(at, (byte[])commands[other].Clone()); break;
            case 2: (commands[at], commands[other]) = (commands[other], commands[at]); break;
            case 3: BinaryPrimitives.WriteUInt16LittleEndian(commands[at].AsSpan(4), (ushort)random.Next(28)); break;
            case 4: commands[at] = WithAttributeOf(commands[at], commands[other], random); break;
            default: Scribble(commands[at], random); break;
        }
    }

    // The first attribute is the path, mostly: a command is about another file then.
    private static byte[] WithAttributeOf(byte[] command, byte[] other, Random random)
    {
        List<(int Start, int End)> own = Attributes(command), theirs = Attributes(other);
        if (own.Count == 0 || theirs.Count == 0)
        {
            return command;
        }

        (int start, int end) = own[random.Next(3) > 0 ? 0 : random.Next(own.Count)];
        (int from, int to) = theirs[random.Next(3) > 0 ? 0 : random.Next(theirs.Count)];
        byte[] type = command[start..(start + 2)];
        byte[] made = [.. command[..start], .. type, .. other[(from + 2)..to], .. command[end..]];
        BinaryPrimitives.WriteInt32LittleEndian(made, made.Length - CommandHeader);
        return made;
    }

    private static List<(int Start, int End)> Attributes(byte[] command)
    {
        var found = new List<(int, int)>();
        for (int at = CommandHeader; at + 4 <= command.Length;)
        {
            int end = at + 4 + BinaryPrimitives.ReadUInt16LittleEndian(command.AsSpan(at + 2));
            if (end > command.Length)
            {
                break;
            }

            found.Add((at, end));
            at = end;
        }

        return found;
    }

    private static void Scribble(byte[] command, Random random)
    {
        for (int i = random.Next(1, 4); i > 0 && command.Length > CommandHeader; i--)
        {
            int at = random.Next(CommandHeader, Math.Min(command.Length, CommandHeader + 200));
            command[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)(command[at] ^ 1 << random.Next(8)), _ => new byte[] { 0, 0xFF, 0x7F, (byte)'/', (byte)'.' }[random.Next(5)] };
        }
    }

    private static void Mend(byte[] command)
    {
        command.AsSpan(6, 4).Clear();
        uint crc = 0;
        foreach (byte b in command)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan(6), crc);
    }
}
