using System.Text;
using StorageEngines.CephRbd.Hosts.Commands;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands;

public sealed class ClusterFactsTests
{
    private static ClusterFacts Parse(string text) => ClusterFacts.Parse(RbdShell.FieldsOf(Encoding.UTF8.GetBytes(text.Replace('|', '\0'))));

    [Fact]
    public void Pools_have_names_and_numbers()
    {
        ClusterFacts facts = Parse("b28e6152|2|1|rbd|7|é x|");
        Assert.Equal(("b28e6152", 2, 7L, (long?)null), (facts.Fsid, facts.Pools.Count, facts.NumberOf("é x"), facts.NumberOf("X")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("|0|")]
    [InlineData("a/b|0|")]
    [InlineData("f|x|")]
    [InlineData("f|-1|")]
    [InlineData("f|9999999999|")]
    [InlineData("f|2|1|rbd|")]
    [InlineData("f|1|rbd|1|")]
    [InlineData("f|1|1|rbd")]
    public void What_is_cut_off_or_no_number_is_an_error(string text) => Assert.Throws<CorruptDataException>(() => Parse(text));
}
