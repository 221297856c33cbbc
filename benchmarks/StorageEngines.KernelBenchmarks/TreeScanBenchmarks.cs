extern alias btrfs;

using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using btrfs::StorageEngines.Btrfs.Native;
using btrfs::StorageEngines.Btrfs.Trees;

namespace StorageEngines.KernelBenchmarks;

/// <summary>The items of 200,000 inodes as a search of a Btrfs tree gives them: what did not change, and what did, must cost no allocation per item.</summary>
[MemoryDiagnoser]
public class TreeScanBenchmarks
{
    private const int Inodes = 200_000;
    private const ulong Since = 1000;

    private readonly byte[] _inode = new byte[160];
    private readonly byte[] _reference = new byte[30];
    private readonly byte[] _extent = new byte[53];
    private readonly byte[] _entry = new byte[50];
    private long _seen;

    [GlobalSetup]
    public void Setup()
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_inode, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(_inode.AsSpan(40), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(_inode.AsSpan(52), 0x81A4);
        BinaryPrimitives.WriteUInt16LittleEndian(_reference.AsSpan(8), 20);
        BinaryPrimitives.WriteUInt64LittleEndian(_extent.AsSpan(45), 4096);
        _extent[20] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(_entry.AsSpan(27), 20);
    }

    /// <summary>Older than the base, in leaves that are newer.</summary>
    [Benchmark]
    public long Unchanged() => Run(Since);

    /// <summary>Newer than the base.</summary>
    [Benchmark]
    public long Changed() => Run(Since + 1);

    private long Run(ulong transaction)
    {
        _seen = 0;
        BinaryPrimitives.WriteUInt64LittleEndian(_inode.AsSpan(8), transaction);
        var scan = new TreeScan(Since, facts => _seen += facts.Extents.Count + facts.Entries.Count);
        for (ulong inode = 256; inode < 256 + Inodes; inode++)
        {
            scan.Take(new TreeItem(new TreeKey(inode, ItemTypes.Inode, 0), _inode));
            scan.Take(new TreeItem(new TreeKey(inode, ItemTypes.Reference, 256), _reference));
            scan.Take(new TreeItem(new TreeKey(inode, ItemTypes.DirectoryIndex, 2), _entry));
            scan.Take(new TreeItem(new TreeKey(inode, ItemTypes.Extent, 0), _extent));
        }

        scan.End();
        return _seen;
    }
}
