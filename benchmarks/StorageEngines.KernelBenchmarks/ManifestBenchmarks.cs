using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.Win32.SafeHandles;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.KernelBenchmarks;

/// <summary>The fallback engine's manifests: 100,000 entries written, read, and two of them merged, 1 % of the entries changed.</summary>
[MemoryDiagnoser]
public class ManifestBenchmarks
{
    private const int Entries = 100_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("seng-bench-").FullName;
    private string Old => Path.Combine(_folder, "old");

    private string New => Path.Combine(_folder, "new");

    [GlobalSetup]
    public void Setup()
    {
        Write(Old, changed: false);
        Write(New, changed: true);
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    [Benchmark]
    public void WriteManifest() => Write(Path.Combine(_folder, "written"), changed: false);

    [Benchmark]
    public long ReadManifest()
    {
        using var reader = new ManifestReader(ManifestFile.Open(Old)!);
        long sum = 0;
        while (reader.MoveNext())
        {
            sum += reader.Current.Size;
        }

        return sum;
    }

    [Benchmark]
    public int MergeManifests()
    {
        using var before = new ManifestReader(ManifestFile.Open(Old)!);
        using var after = new ManifestReader(ManifestFile.Open(New)!);
        int changed = 0;
        while (before.MoveNext() && after.MoveNext())
        {
            changed += before.Current.Size != after.Current.Size ? 1 : 0;
        }

        return changed;
    }

    private static void Write(string path, bool changed)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        var writer = new ManifestWriter(file, Guid.Empty, StoreFormat.BlockSize, path);
        var name = new byte[32];
        for (int i = 0; i < Entries; i++)
        {
            int length = Encoding.ASCII.GetBytes($"directory{i / 100:D5}/file{i:D8}", name);
            var entry = new ManifestEntry
            {
                Path = name.AsMemory(0, length),
                Type = TreeEntryType.File,
                Mode = 0x1A4,
                Size = changed && i % 100 == 0 ? 5000 : 4096,
                Inode = (ulong)i + 10,
                LinkCount = 1,
            };
            ContentBuilder content = writer.NewContent();
            content.Add(new BlockRef(new BlockId((ulong)i, 1, 2, 3), (int)entry.Size));
            entry.Content = content.Finish();
            writer.AddEntry(entry);
        }

        writer.Finish();
    }
}
