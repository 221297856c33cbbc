using StorageEngines.BtrfsStreams;
using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Btrfs.Tests.Streams;

/// <summary>Streams that want to write where they may not.</summary>
internal static class HostileStreams
{
    /// <summary>Recorded streams: a whole one, and differences from it.</summary>
    internal static IEnumerable<(byte[] Base, byte[][] Next)> Recorded()
    {
        foreach (string name in BtrfsVectors.Cases().Where(name => name != "append-huge"))
        {
            string[] files = [.. new[] { "incr.data-v1.send", "incr.data-v2.send", "incr.nodata-v2.send" }.Where(file => File.Exists(Path.Combine(BtrfsVectors.Root, name, file)))];
            yield return (BtrfsVectors.Read(name, "base.full-data-v1.send"), [.. files.Select(file => BtrfsVectors.Read(name, file))]);
        }

        foreach (string kind in new[] { "zlib", "zstd", "lzo" })
        {
            byte[][] pair = [.. new[] { "base", "incr" }.Select(side => StreamCommandList.Of(BtrfsVectors.Read("compressed", $"{kind}.{side}.send")).Without(command => command[4] == 13).ToArray())];
            yield return (pair[0], [pair[1]]);
        }
    }

    /// <summary>Paths that lead out.</summary>
    internal static IEnumerable<byte[]> Paths(string canary) =>
        from text in new[] { "../canary/bird", canary + "/bird", canary, "..", "x/../../canary/bird", "out/bird", "out/cage/new", "out/link", "out", "a//b", "a/./b", "/", ".", "nul\0/x", "up/canary/bird", "out/../bird" }
        select System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>Puts a link in that leads out, and commands that go through it or name what is outside by themselves; not always.</summary>
    internal static byte[] Plant(byte[] stream, byte[][] evil, Random random)
    {
        if (random.Next(3) == 0)
        {
            return stream;
        }

        StreamCommandList list = StreamCommandList.Of(stream);
        int at = random.Next(1, list.Commands.Count);
        var planted = new List<byte[]>
        {
            Command(BtrfsCommand.Symlink, writer => writer.Add(BtrfsAttribute.FilePath, "out"u8).Add(BtrfsAttribute.PathLink, evil[random.Next(2) + 1])),
            Command(BtrfsCommand.Symlink, writer => writer.Add(BtrfsAttribute.FilePath, "up"u8).Add(BtrfsAttribute.PathLink, ".."u8)),
        };
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            planted.Insert(random.Next(planted.Count + 1), Evil(evil[random.Next(evil.Length)], evil[random.Next(evil.Length)], random));
        }

        list.Commands.InsertRange(at, planted);
        return list.ToArray();
    }

    private static byte[] Evil(byte[] path, byte[] other, Random random)
    {
        ulong size = random.Next(4) switch { 0 => ulong.MaxValue, 1 => long.MaxValue, 2 => 1UL << 40, _ => (ulong)random.Next(100_000) };
        return random.Next(13) switch
        {
            0 => Command(BtrfsCommand.Write, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.FileOffset, size).Add(BtrfsAttribute.Data, "evil"u8)),
            1 => Command(BtrfsCommand.Unlink, w => w.Add(BtrfsAttribute.FilePath, path)),
            2 => Command(BtrfsCommand.Rename, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.PathTo, other)),
            3 => Command(BtrfsCommand.Link, w => w.Add(BtrfsAttribute.FilePath, other).Add(BtrfsAttribute.PathLink, path)),
            4 => Command(BtrfsCommand.Truncate, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.Size, size)),
            5 => Command(BtrfsCommand.ChangeMode, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.Mode, 0x1FFUL)),
            6 => Command(BtrfsCommand.ChangeOwner, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.UserId, 7UL).Add(BtrfsAttribute.GroupId, 7UL)),
            7 => Command(BtrfsCommand.SetXattr, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.XattrName, "user.x"u8).Add(BtrfsAttribute.XattrData, other)),
            8 => Command(BtrfsCommand.SetTimes, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.AccessTime, new UnixTime(1, 1)).Add(BtrfsAttribute.ModificationTime, new UnixTime(1, 1)).Add(BtrfsAttribute.ChangeTime, new UnixTime(1, 1))),
            9 => Command(BtrfsCommand.MakeFile, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.Inode, 300UL)),
            10 => Command(BtrfsCommand.RemoveDirectory, w => w.Add(BtrfsAttribute.FilePath, path)),
            11 => Command(BtrfsCommand.Clone, w => w.Add(BtrfsAttribute.FileOffset, size).Add(BtrfsAttribute.CloneLength, size / 2).Add(BtrfsAttribute.FilePath, other).Add(BtrfsAttribute.CloneUuid, Guid.Empty).Add(BtrfsAttribute.CloneTransactionId, 1UL).Add(BtrfsAttribute.ClonePath, path).Add(BtrfsAttribute.CloneOffset, 0UL)),
            _ => Command(BtrfsCommand.MakeDirectory, w => w.Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.Inode, 300UL)),
        };
    }

    private static byte[] Command(BtrfsCommand command, Func<BtrfsSendWriter, BtrfsSendWriter> attributes)
    {
        using var stream = new MemoryStream();
        var writer = new BtrfsSendWriter(stream);
        writer.Header();
        attributes(writer.Begin(command)).End();
        writer.CompleteAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return stream.ToArray()[BtrfsSendFormat.StreamHeaderLength..^BtrfsSendFormat.CommandHeaderLength];
    }
}
