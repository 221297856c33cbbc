using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Tests.Native;

/// <summary>The sizes that the kernel expects are part of the requests' numbers; those and the offsets were read off a C compiler.</summary>
public sealed class BtrfsRequestsTests
{
    [Fact]
    public void Argument_sizes_are_those_in_the_numbers()
    {
        Assert.Equal(BtrfsRequests.VolumeArgumentsSize, BtrfsRequests.ArgumentSize(BtrfsRequests.SnapshotCreate));
        Assert.Equal(BtrfsRequests.VolumeArgumentsSize, BtrfsRequests.ArgumentSize(BtrfsRequests.SubvolumeCreate));
        Assert.Equal(BtrfsRequests.VolumeArgumentsSize, BtrfsRequests.ArgumentSize(BtrfsRequests.SnapshotDestroy));
        Assert.Equal(BtrfsRequests.SubvolumeInfoSize, BtrfsRequests.ArgumentSize(BtrfsRequests.SubvolumeInfo));
        Assert.Equal(BtrfsRequests.FileSystemInfoSize, BtrfsRequests.ArgumentSize(BtrfsRequests.FileSystemInfo));
        Assert.Equal(BtrfsRequests.InodeLookupSize, BtrfsRequests.ArgumentSize(BtrfsRequests.InodeLookup));
        Assert.Equal(BtrfsRequests.TreeSearchHeadSize, BtrfsRequests.ArgumentSize(BtrfsRequests.TreeSearch));
        Assert.Equal(InodePaths.ArgumentsSize, BtrfsRequests.ArgumentSize(InodePaths.Request));
        foreach (nuint request in new[] { BtrfsRequests.GetFlags, BtrfsRequests.SetFlags, BtrfsRequests.StartSync, BtrfsRequests.WaitSync })
        {
            Assert.Equal(sizeof(ulong), BtrfsRequests.ArgumentSize(request));
        }

        Assert.Equal(0, BtrfsRequests.ArgumentSize(BtrfsRequests.Sync));
    }

    [Fact]
    public void The_arguments_of_a_send_are_laid_out_as_the_kernel_has_them()
    {
        Assert.Equal(BtrfsRequests.ArgumentSize(BtrfsRequests.Send), Unsafe.SizeOf<SendArguments>());
        Assert.Equal(8, (int)Marshal.OffsetOf<SendArguments>(nameof(SendArguments.CloneSourceCount)));
        Assert.Equal(16, (int)Marshal.OffsetOf<SendArguments>(nameof(SendArguments.CloneSources)));
        Assert.Equal(24, (int)Marshal.OffsetOf<SendArguments>(nameof(SendArguments.Parent)));
        Assert.Equal(32, (int)Marshal.OffsetOf<SendArguments>(nameof(SendArguments.Flags)));
        Assert.Equal(40, (int)Marshal.OffsetOf<SendArguments>(nameof(SendArguments.Version)));
        Assert.Equal(8, Unsafe.SizeOf<SendCalls.PollEntry>());
    }

    [Fact]
    public void The_next_key_is_the_next_in_order()
    {
        Assert.Equal(new TreeKey(5, 1, 8), new TreeKey(5, 1, 7).Next);
        Assert.Equal(new TreeKey(5, 2, 0), new TreeKey(5, 1, ulong.MaxValue).Next);
        Assert.Equal(new TreeKey(6, 0, 0), new TreeKey(5, 255, ulong.MaxValue).Next);
        Assert.Null(new TreeKey(ulong.MaxValue, 255, ulong.MaxValue).Next);
        Assert.True(new TreeKey(5, 200, 0).CompareTo(new TreeKey(6, 0, 0)) < 0);
        Assert.True(new TreeKey(5, 1, 9).CompareTo(new TreeKey(5, 2, 0)) < 0);
    }
}
