namespace StorageEngines.Tests.Secrets;

public sealed class SecretReferenceTests
{
    [Theory]
    [InlineData("env:PASSWORD")]
    [InlineData("file:/run/secret")]
    public void References_print_as_themselves(string text) => Assert.Equal(text, SecretReference.Parse(text).ToString());

    [Theory]
    [InlineData("hunter2")]
    [InlineData("env:")]
    [InlineData("")]
    public void A_secret_given_by_mistake_is_not_repeated(string text)
    {
        FormatException e = Assert.Throws<FormatException>(() => SecretReference.Parse(text));
        Assert.DoesNotContain("hunter2", e.Message);
    }
}
