using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Store;

public sealed class PackWindowTests : IDisposable
{
    private const int Length = 3 * PackWindow.Size + 1234;

    private readonly string _root = Directory.CreateTempSubdirectory("seng-test-window-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void It_gives_the_bytes_of_the_file_wherever_and_in_whatever_order_they_are_asked_for()
    {
        (byte[] bytes, string path) = Make("a");
        using var pack = new PackFile(path);
        var random = new Random(5);
        int offset = 0;
        for (int i = 0; i < 5000; i++)
        {
            int count = random.Next(1, random.Next(4) == 0 ? PackWindow.Size : 5000);
            offset = random.Next(10) == 0 ? random.Next(Length) : Math.Min(Length, offset + random.Next(0, 9000));
            Assert.True(bytes.AsSpan(offset, Math.Min(count, Length - offset)).SequenceEqual(PackWindow.Current.Get(pack, offset, count)), $"read {i}: {count} bytes at {offset}");
            offset = offset + count < Length ? offset + count : 0;
        }
    }

    [Fact]
    public void Another_pack_gets_its_own_bytes()
    {
        (byte[] first, string a) = Make("a");
        (byte[] second, string b) = Make("b");
        using var packA = new PackFile(a);
        using var packB = new PackFile(b);
        for (int offset = 0; offset < 100_000; offset += 10_000)
        {
            Assert.Equal(first[offset..(offset + 500)], PackWindow.Current.Get(packA, offset, 500).ToArray());
            Assert.Equal(second[offset..(offset + 500)], PackWindow.Current.Get(packB, offset, 500).ToArray());
        }
    }

    [Fact]
    public void Behind_the_end_there_is_nothing()
    {
        (byte[] bytes, string path) = Make("a");
        using var pack = new PackFile(path);
        Assert.Equal(bytes[^10..], PackWindow.Current.Get(pack, Length - 10, 100).ToArray());
        Assert.True(PackWindow.Current.Get(pack, Length, 100).IsEmpty);
    }

    private (byte[] Bytes, string Path) Make(string name)
    {
        var bytes = new byte[Length];
        new Random(name[0]).NextBytes(bytes);
        string path = Path.Combine(_root, name);
        File.WriteAllBytes(path, bytes);
        return (bytes, path);
    }
}
