using StorageEngines.Zfs.Transfer;

namespace StorageEngines.Zfs.Tests.Transfer;

public sealed class SendEstimateTests
{
    [Fact]
    public void The_size_is_found()
    {
        Assert.Equal(183592, SendEstimate.Find("incremental\ttank/fs@a\ttank/fs@b\t183592\nsize\t183592\n"u8));
        Assert.Equal(572752, SendEstimate.Find("full\ttank/fs@a\t572752\nsize\t572752\n"u8));
        Assert.Equal(307424, SendEstimate.Find("resume token contents:\nnvlist version: 0\n\tobject = 0x2\n\toffset = 0x20000\n\ttoname = tank/size\t1@a\nfull\ttank/fs@a\t307424\nsize\t307424\n"u8));
    }

    [Fact]
    public void Without_a_size_there_is_none()
    {
        Assert.Null(SendEstimate.Find(""u8));
        Assert.Null(SendEstimate.Find("full\ttank/fs@a\t572752\n"u8));
        Assert.Null(SendEstimate.Find("size\t-1\n"u8));
        Assert.Null(SendEstimate.Find("size\t99999999999999999999\n"u8));
    }
}
