using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Reflink;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>Random histories of an image, with all that moves, shares and compresses blocks, held against the bytes themselves.</summary>
public sealed class RandomCloneTests
{
    private const int Block = 4096;
    private const long Most = 6 << 20;

    [Theory]
    [InlineData("xfs", 1)]
    [InlineData("xfs", 2)]
    [InlineData("xfs", 3)]
    [InlineData("btrfs", 4)]
    [InlineData("btrfs", 5)]
    [InlineData("btrfs,compress-force=zstd", 6)]
    [InlineData("btrfs,compress-force=zstd", 7)]
    [InlineData("btrfs,compress-force=zstd", 8)]
    [InlineData("btrfs,nodatacow", 9)]
    [InlineData("btrfs,nodatacow", 10)]
    public async Task Random_changes_are_all_told(string kind, int seed)
    {
        await using var scratch = new CloneScratch(kind);
        TarRsyncStorageEngine packing = scratch.Open(ReflinkMode.Never);
        var random = new Random(seed);
        File.WriteAllBytes(scratch.Image, Bytes(random, random.Next(1, (int)Most)));
        List<(SnapshotInfo Info, byte[] Bytes)> all = [];
        List<string> history = [];
        for (int round = 0; round < 25; round++)
        {
            bool packed = random.Next(6) == 0;
            SnapshotInfo info = await scratch.SnapshotAsync(packed ? packing : null);
            all.Add((info, File.ReadAllBytes(scratch.Image)));
            history.Add(packed ? "-> packed" : "-> clone");
            string what = $"{kind} {seed} round {round}: {string.Join("; ", history.TakeLast(14))}";
            byte[] stored = await scratch.ReadAsync(info);
            Assert.True(all[^1].Bytes.AsSpan().SequenceEqual(stored), what);
            await scratch.AssertRebuildsAsync(all[Math.Max(0, round - 1)].Info, info, what);
            SnapshotInfo older = all[random.Next(all.Count)].Info;
            await scratch.AssertRebuildsAsync(older, info, what + ", from " + older.Ref.Name);
            for (int step = random.Next(1, 8); step > 0; step--)
            {
                history.Add(Change(scratch, random));
            }
        }

        foreach ((SnapshotInfo info, byte[] bytes) in all)
        {
            byte[] stored = await scratch.ReadAsync(info);
            Assert.True(bytes.AsSpan().SequenceEqual(stored), $"{kind} {seed}: {info.Ref.Name} is not what it was");
        }

        await scratch.Engine.Feature<ISnapshots>()!.RollbackAsync(all[3].Info.Ref, new RollbackOptions { DestroyNewer = true });
        Assert.Equal(all[3].Bytes, File.ReadAllBytes(scratch.Image));
    }

    private static string Change(CloneScratch scratch, Random random)
    {
        using SafeFileHandle file = File.OpenHandle(scratch.Image, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        long size = FileHandle.GetLength(file);
        long at = random.NextInt64(size + 1) / (random.Next(3) == 0 ? 1 : Block) * (random.Next(3) == 0 ? 1 : Block) % (size + 1);
        int length = random.Next(5) switch { 0 => random.Next(1, 100), 1 => Block, 2 => 128 << 10, _ => random.Next(1, 300_000) };
        switch (random.Next(11))
        {
            case 0 or 1 or 2:
                byte[] bytes = Bytes(random, length);
                FileWriting.WriteAt(file, bytes, at);
                return $"write {at}+{length}";
            case 3:
                FileWriting.PunchHole(file, at, length);
                return $"punch {at}+{length}";
            case 4:
                return Io(scratch, $"falloc -k {at} {length}");
            case 5:
                return Io(scratch, $"fzero {at} {length}");
            case 6:
                long to = random.NextInt64(Most);
                FileWriting.Truncate(file, to);
                return $"truncate {to}";
            case 7:
                long from = random.NextInt64(size + 1) / Block * Block;
                return Io(scratch, $"reflink {scratch.Image} {from} {at / Block * Block} {Math.Max(0, Math.Min(length, size - from)) / Block * Block}");
            case 8:
                FileWriting.WriteZeroes(file, at, length);
                return $"zeroes {at}+{length}";
            case 9:
                return Dedupe(scratch, random, size);
            default:
                return Move(scratch);
        }
    }

    // Half of it compresses, and parts repeat, so that there is something to deduplicate.
    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        if (random.Next(2) == 0)
        {
            for (int i = 0; i < length; i++)
            {
                bytes[i] = (byte)("abc"[bytes[i] % 3] + (i / 10_000 % 5));
            }
        }

        return bytes;
    }

    private static string Dedupe(CloneScratch scratch, Random random, long size)
    {
        string other = Path.Combine(scratch.Mount, "other");
        LoopFileSystem.Run("cp", "--reflink=never", scratch.Image, other);
        long at = size < Block ? 0 : random.NextInt64(size / Block) * Block;
        return Io(scratch, $"dedupe {other} {at} {at} {(size - at) / Block * Block}");
    }

    private static string Move(CloneScratch scratch)
    {
        using SafeFileHandle file = File.OpenHandle(scratch.Image);
        if (Statfs.Get(file).Name == "btrfs")
        {
            LoopFileSystem.Run("btrfs", "filesystem", "defragment", "-f", scratch.Image);
            return "defragment";
        }

        return "xfs_fsr " + LoopFileSystem.Run("xfs_fsr", scratch.Image).Exit;
    }

    // What is refused (an unaligned range, nothing to do) is no failure of ours.
    private static string Io(CloneScratch scratch, string command)
    {
        (int exit, _) = LoopFileSystem.Run("xfs_io", "-c", command, scratch.Image);
        return $"{command.Replace(scratch.Mount, "", StringComparison.Ordinal)} ({exit})";
    }
}
