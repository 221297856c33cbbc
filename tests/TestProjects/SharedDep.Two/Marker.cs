namespace SharedDep;

/// <summary>Tells which version of this assembly the caller runs on.</summary>
public static class Marker
{
    public static string Version => "2.0";
}

/// <summary>Only the second version has it.</summary>
public static class OnlyInTwo
{
    public static string Text => "two";
}
