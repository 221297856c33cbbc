using System.Text;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.CephRbd.Tests.Hosts.Native;

public sealed class FullPoolsTests
{
    [Fact]
    public void Pools_with_the_flag_are_named()
    {
        // Of 'ceph osd dump --format json', 16.2.15, shortened.
        const string Answer = """{"epoch":20,"pools":[{"pool":1,"pool_name":"rbd","flags":8195,"flags_names":"hashpspool,full,selfmanaged_snaps"},{"pool":2,"pool_name":"b","flags":1,"flags_names":"hashpspool"}]}""";
        Assert.Equal(["rbd"], FullPools.Parse(Encoding.UTF8.GetBytes(Answer)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"pools\":[{}]}")]
    [InlineData("{\"pools\":[{\"flags_names\":null")]
    public void Another_answer_names_none(string answer) => Assert.Empty(FullPools.Parse(Encoding.UTF8.GetBytes(answer)));
}
