using StorageEngines.Portable.Rolling;

namespace StorageEngines.Tests.Portable.Rolling;

public sealed class RunCompareTests
{
    [Fact]
    public void Common_suffix_ends_at_the_first_difference_from_behind()
    {
        byte[] one = RandomEdits.Bytes(new Random(1), 50);
        for (int different = 0; different < 50; different++)
        {
            byte[] other = [1, 2, 3, .. one];
            other[3 + different] ^= 0x80;
            Assert.Equal(49 - different, RunCompare.CommonSuffix(one, other));
        }

        Assert.Equal(50, RunCompare.CommonSuffix(one, (byte[])[9, .. one]));
        Assert.Equal(0, RunCompare.CommonSuffix(one, []));
    }

    [Fact]
    public void Equal_run_of_the_sure_length_is_found_wherever_it_is()
    {
        var random = new Random(2);
        for (int at = 1; at < 200; at++)
        {
            byte[] one = new byte[400];
            byte[] other = [.. Enumerable.Repeat((byte)1, 400)];
            byte[] run = RandomEdits.Bytes(random, RunCompare.SureRun);
            run[0] = run[^1] = 7;
            run.CopyTo(one, at);
            run.CopyTo(other, at);
            Assert.Equal(at, RunCompare.FindEqual(one, other));
        }

        Assert.Equal(-1, RunCompare.FindEqual(new byte[100], [.. Enumerable.Repeat((byte)1, 100)]));
    }
}
